import FlowCommandLine
import FlowCore

extension Flowd {
  static let version = "0.1.0"

  /// Everything that flowd can be told; each also as `FLOWD_…` variable and config key.
  static let command = CommandSpec(
    "flowd", "runs BPMN processes and keeps them",
    details: """
      Keeps deployments and instances in its data directory, calls the services of running processes, and serves gRPC and HTTP. \
      Listens on loopback unless told otherwise.
      """,
    options: ProgramStart.daemonOptions("flowd") + storage + network + services + logging,
    examples: [
      Example("flowd", "with its data in ./flow-data, on the usual ports"),
      Example("flowd --data-dir /var/lib/flowd --services-dir /srv/flow", "as a service"),
      Example("flowd --store memory --grpc-address 127.0.0.1:0", "for a try: keeps nothing, on a free port"),
    ],
    envPrefix: "FLOWD_")

  private static let storage = [
    OptionSpec("store", metavar: "STORE", preset: "sqlite", help: "sqlite, memory, or etcd://[user:password@]host:port,…"),
    OptionSpec("store-timeout", type: .duration, metavar: "TIME", preset: "60s", help: "how long to wait for a store that does not answer"),
    OptionSpec("etcd-ca", type: .file, metavar: "FILE", preset: "", help: "authority (PEM) of etcd's certificate; asks for TLS"),
    OptionSpec("etcd-cert", type: .file, metavar: "FILE", preset: "", help: "certificate (PEM) to show to etcd"),
    OptionSpec("etcd-key", type: .file, metavar: "FILE", preset: "", help: "its private key (PEM)"),
    OptionSpec(
      "etcd-quota", type: .integer(16 << 20...1 << 40), metavar: "BYTES", preset: "\(2 << 30)",
      help: "etcd's --quota-backend-bytes, of which an etcd before 3.6 tells nothing: new work slows at 60 % of it and ends at 80 %"),
    OptionSpec(
      "data-dir", type: .directory, metavar: "DIR", preset: "flow-data", help: "where the store, logs of services and endpoints.json lie"),
    OptionSpec("retention", type: .duration, metavar: "TIME", preset: "168h", help: "how long finished instances are kept"),
    OptionSpec(
      "retention-bytes", type: .integer(1 << 20...1 << 50), metavar: "BYTES", preset: "1073741824",
      help: "how much finished instances may take"),
    OptionSpec(
      "archive-bytes", type: .integer(1 << 20...1 << 50), metavar: "BYTES", preset: "268435456",
      help: "with etcd: how much of it finished instances may take, so that another flowd shows them; the oldest go first"),
    OptionSpec(
      "live-bytes", type: .integer(0...1 << 50), metavar: "BYTES", preset: "0",
      help: "memory that live instances may take before creates are refused; 0 is half of the machine's"),
    .flag("keep-journal", help: "never trim the journal, so that `flowctl store hash` can replay all of it"),
    OptionSpec(
      "node-id", metavar: "NAME", preset: "", help: "name of this node among those that share an etcd; without one a name is made and kept"),
    OptionSpec(
      "lease-ttl", type: .duration, metavar: "TIME", preset: "6s",
      help: "with etcd: how long a leader may be silent before another flowd takes over; at least 2s"),
    OptionSpec("groups", metavar: "LIST", preset: "", help: "deployment groups that this node may lead (not used yet)"),
    OptionSpec("join", metavar: "ADDRESS", preset: "", help: "a member of the cluster to join (not used yet)"),
  ]

  private static let network = [
    OptionSpec(
      "grpc-address", type: .address, metavar: "ADDRESS", preset: "127.0.0.1:9001", help: "gRPC: FlowDaemon, flow.v1, health, reflection"),
    OptionSpec(
      "http-address", type: .address, metavar: "ADDRESS", preset: "127.0.0.1:9002",
      help: "HTTP: /health, /wf_map, /metrics, /livez, /readyz, start by HTTP"),
    OptionSpec(
      "zeebe-address", type: .address, metavar: "ADDRESS", preset: "127.0.0.1:26500", help: "the same gRPC server for Zeebe clients"),
    OptionSpec(
      "advertise", type: .address, metavar: "HOST:PORT",
      help: "with etcd: where the others send clients when this flowd leads; without it where gRPC listens, which must then be no wildcard"),
    .flag("insecure", help: "listen beyond loopback without TLS"),
    OptionSpec("tls-cert", type: .file, metavar: "FILE", preset: "", help: "certificate chain (PEM) for gRPC and HTTP"),
    OptionSpec("tls-key", type: .file, metavar: "FILE", preset: "", help: "its private key (PEM)"),
    OptionSpec(
      "tls-client-ca", type: .file, metavar: "FILE", preset: "", help: "clients of gRPC and HTTP must show a certificate of this authority"),
    OptionSpec(
      "http-hosts", .repeatable, metavar: "NAME", help: "further names by which HTTP may be asked (`Host`); `*` takes any name"),
    OptionSpec(
      "healthd-ca", type: .file, metavar: "FILE", preset: "", help: "ask healthd over TLS, trusting these authorities (PEM)"),
    OptionSpec("healthd-cert", type: .file, metavar: "FILE", preset: "", help: "own certificate towards healthd (PEM)"),
    OptionSpec("healthd-key", type: .file, metavar: "FILE", preset: "", help: "key of that certificate (PEM)"),
  ]

  private static let services = [
    OptionSpec("services-dir", type: .directory, metavar: "DIR", preset: ".", help: "where commands of services start"),
    OptionSpec("orchestrators", metavar: "LIST", preset: "auto", help: "process, none, or auto: process while every address is loopback"),
    .flag("keep-services", help: "leave services running when flowd stops"),
    OptionSpec("resolve", .repeatable, metavar: "HOST[:PORT]=ADDRESS", help: "address that stands in for a host of the models"),
    OptionSpec(
      "dmn-server", metavar: "URL", preset: "",
      help: "http://host:port of a DMN server that evaluates FEEL at exclusive gateways; without one flowd does (also DMN_SERVER_HOST)"),
    OptionSpec("service-timeout", type: .duration, metavar: "TIME", preset: "30s", help: "how long a service may take to answer one call"),
  ]

  private static let logging = [
    OptionSpec(
      "log-level", type: .choice(["debug", "info", "warning", "error"]), metavar: "LEVEL", preset: "info",
      help: "the least severe lines to write"),
    OptionSpec(
      "log-format", type: .choice(["original", "json"]), metavar: "FORM", preset: "original",
      help: "lines as the original wrote them, or JSON"),
  ]
}
