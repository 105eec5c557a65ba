/**
 * What usually listens on a port (IANA, "Service Name and Transport Protocol Port Number Registry", and names that are in common use for ports that are
 * registered for something forgotten). A habit, no proof: anything may listen anywhere.
 */

const TCP = 6
const UDP = 17

/** Names in both TCP and UDP. */
const BOTH = `
7 echo 9 discard 13 daytime 17 qotd 19 chargen 37 time 42 nameserver 49 tacacs 53 domain 88 kerberos 111 sunrpc 123 ntp 135 msrpc 137 netbios-ns
138 netbios-dgm 139 netbios-ssn 161 snmp 162 snmptrap 177 xdmcp 201 at-rtmp 202 at-nbp 204 at-echo 206 at-zis 213 ipx 264 bgmp 318 pkix-timestamp
319 ptp-event 320 ptp-general 369 rpc2portmap 370 codaauth2 389 ldap 427 svrloc 443 https 445 microsoft-ds 464 kpasswd 500 isakmp 521 ripng 546 dhcpv6-client
547 dhcpv6-server 554 rtsp 587 submission 623 asf-rmcp 631 ipp 636 ldaps 646 ldp 655 tinc 706 silc 749 kerberos-adm 750 kerberos4 853 domain-s 989 ftps-data
990 ftps 992 telnets 993 imaps 995 pop3s 1080 socks 1093 proofd 1194 openvpn 1214 kazaa 1433 ms-sql-s 1434 ms-sql-m 1524 ingreslock 1645 datametrics
1646 sa-msg-port 1701 l2tp 1718 h323gatedisc 1719 h323gatestat 1720 h323hostcall 1723 pptp 1755 wms 1883 mqtt 1900 ssdp 1935 rtmp 2000 cisco-sccp 2049 nfs
2086 gnunet 2101 rtcm-sc104 2123 gtp-control 2152 gtp-user 2222 ethernet-ip-1 2379 etcd-client 2380 etcd-server 2427 mgcp-gateway 2727 mgcp-callagent 3000 grafana
3050 gds-db 3074 xbox 3128 squid 3130 icpv2 3205 isns 3260 iscsi-target 3306 mysql 3389 ms-wbt-server 3478 stun 3493 nut 3544 teredo 3632 distcc 3690 svn
3702 ws-discovery 4172 pcoip 4369 epmd 4460 ntske 4500 ipsec-nat-t 4789 vxlan 4840 opcua 5060 sip 5061 sips 5222 xmpp-client 5269 xmpp-server
5349 stuns 5351 nat-pmp 5353 mdns 5355 llmnr 5432 postgresql 5555 adb 5556 freeciv 5671 amqps 5672 amqp 5683 coap 5684 coaps 6081 geneve 6346 gnutella-svc
6347 gnutella-rtr 6514 syslog-tls 6653 openflow 6881 bittorrent 6882 bittorrent 6883 bittorrent 6884 bittorrent 6885 bittorrent 6886 bittorrent 6887 bittorrent
6888 bittorrent 6889 bittorrent 8008 http-alt 8333 bitcoin 8472 otv 8801 zoom 9000 cslistener 9001 tor-orport 9100 jetdirect 9993 zerotier 10000 webmin 10050 zabbix-agent
10051 zabbix-trapper 11211 memcached 17500 dropbox-lan-sync 18333 bitcoin-testnet 20000 dnp 21027 syncthing-discovery 22000 syncthing 25565 minecraft
27015 steam 27036 steam-remote 30303 ethereum 32400 plex 34964 profinet-cm 44818 ethernet-ip-2 47808 bacnet 51413 transmission 51820 wireguard 64738 mumble
`

const TCP_ONLY = `
1 tcpmux 11 systat 15 netstat 20 ftp-data 21 ftp 22 ssh 23 telnet 25 smtp 43 whois 65 tacacs-ds 70 gopher 79 finger 80 http 81 http-alt 102 iso-tsap 104 acr-nema 109 pop2 110 pop3
113 ident 119 nntp 143 imap 179 bgp 194 irc 199 smux 210 z39-50 220 imap3 311 asip-webadmin 406 imsp 444 snpp 465 submissions 502 modbus 512 exec 513 login 514 shell 515 printer
532 netnews 538 gdomap 540 uucp 543 klogin 544 kshell 548 afpovertcp 556 remotefs 563 nntps 593 http-rpc-epmap 607 nqs 628 qmqp 666 doom 754 krb-prop 775 moira-db 783 spamd
830 netconf-ssh 860 iscsi 871 supfilesrv 873 rsync 902 vmware-auth 994 ircs 1099 rmiregistry 1127 supfiledbg 1236 rmtcfg 1313 xtel 1352 lotusnote
1414 ibm-mq 1494 citrix-ica 1521 oracle 1529 support 2003 graphite 2082 cpanel 2083 cpanel-ssl 2087 whm-ssl 2095 webmail 2096 webmail-ssl 2121 ftp-alt 2181 zookeeper 2375 docker
2376 docker-tls 2377 docker-swarm 2401 cvspserver 2404 iec-104 2483 oracle-tcp 2484 oracle-tls 2600 zebrasrv 2601 zebra 2602 ripd 2604 ospfd 2605 bgpd 2628 dict 2947 gpsd 3268 ldap-gc
3269 ldaps-gc 3299 sap-router 3310 clamd 3333 dec-notes 4190 sieve 4224 xtell 4443 https-alt 4444 krb524 4505 salt-publish 4506 salt-return 4557 fax 4559 hylafax
4567 tram 4662 edonkey 4786 smart-install 4899 radmin 5000 upnp-http 5001 commplex-link 5009 airport-admin 5038 asterisk 5044 beats 5190 aol 5223 apple-push 5228 google-push
5229 google-push 5230 google-push 5280 xmpp-bosh 5281 xmpp-bosh-tls 5357 wsdapi 5500 vnc-reverse 5601 kibana 5631 pcanywheredata 5666 nrpe 5667 nsca 5800 vnc-http 5900 vnc 5901 vnc-1 5902 vnc-2 5903 vnc-3
5938 teamviewer 5984 couchdb 5985 winrm-http 5986 winrm-https 6000 x11 6001 x11-1 6010 x11-ssh 6379 redis 6380 redis-tls 6443 kubernetes-api 6566 sane-port 6600 mpd 6660 ircd 6661 ircd 6665 ircd
6666 ircd 6667 ircd 6668 ircd 6669 ircd 6697 ircs-u 7000 afs3-fileserver 7001 weblogic 7070 realserver 7100 font-service 7199 cassandra-jmx 7474 neo4j 7547 cwmp 7680 delivery-optimization 8000 http-alt
8009 ajp 8021 zope-ftp 8080 http-proxy 8081 http-alt 8086 influxdb 8088 http-alt 8089 splunkd 8123 home-assistant 8140 puppet 8222 nats-http 8291 winbox 8332 bitcoin-rpc 8388 shadowsocks 8443 https-alt
8500 consul 8530 wsus 8531 wsus-tls 8545 ethereum-rpc 8728 mikrotik-api 8729 mikrotik-api-tls 8834 nessus 8883 mqtts 8888 http-alt 9002 http-alt 9030 tor-dirport 9042 cassandra 9050 tor-socks
9080 http-alt 9090 prometheus 9091 transmission-rpc 9092 kafka 9093 alertmanager 9101 bacula-dir 9102 bacula-fd 9103 bacula-sd 9150 tor-browser 9160 cassandra-thrift 9200 elasticsearch 9300 elasticsearch-node
9389 adws 9418 git 9443 https-alt 9735 lightning 10081 kamanda 10250 kubelet 10809 nbd 11371 hkp 13720 bprd 15672 rabbitmq-http 17001 sgi-cmsd 20547 proconos 27017 mongodb 27018 mongodb-shard 28017 mongodb-http
30865 csync2 33060 mysqlx 50000 db2 50070 hdfs-namenode 60177 tfido
`

const UDP_ONLY = `
67 dhcp-server 68 dhcp-client 69 tftp 80 quic 192 osu-nms 259 firewall1-rdp 407 timbuktu 512 biff 513 who 514 syslog 517 talk 518 ntalk 520 route 525 timed 533 netwall 698 olsr 1027 icq 1812 radius 1813 radius-acct
1985 hsrp 2055 netflow 2302 arma 2427 mgcp-gateway 2456 valheim 3074 xbox 3222 glbp 3283 apple-remote-desktop 3479 playstation 3480 playstation 3784 bfd-control 3785 bfd-echo 4739 ipfix 4784 bfd-multihop
5000 upnp 5246 capwap-control 5247 capwap-data 5350 pcp-multicast 5405 corosync 6343 sflow 6696 babel 7000 afs3-fileserver 7001 afs3-callback 7002 afs3-prserver 7003 afs3-vlserver 7004 afs3-kaserver 8443 quic
10001 ubiquiti-discovery 19132 minecraft-bedrock 19302 google-stun 19305 google-meet 24454 minecraft-voice 34197 factorio 41641 tailscale 60001 mosh
`

const read = (text: string): (readonly [number, string])[] => {
  const words = text.trim().split(/\s+/)
  return Array.from({ length: words.length / 2 }, (_, i) => [Number(words[2 * i]), words[2 * i + 1]!] as const)
}

const both = read(BOTH)
/** What is said of one protocol goes before what is said of both. */
const NAMES: ReadonlyMap<number, ReadonlyMap<number, string>> = new Map([
  [TCP, new Map([...both, ...read(TCP_ONLY)])],
  [UDP, new Map([...both, ...read(UDP_ONLY)])],
])

/** `https` for 443 of TCP (6) and UDP (17); null where nothing is known. */
export const serviceName = (protocol: number, port: number): string | null => NAMES.get(protocol)?.get(port) ?? null
