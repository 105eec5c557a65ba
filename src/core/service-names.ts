export const serviceName = (_protocol: number, port: number): string | null => (port === 443 ? 'https' : null)
