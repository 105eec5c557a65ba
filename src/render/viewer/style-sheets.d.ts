/** The bundler puts them into a file of their own. */
declare module '*.css'
