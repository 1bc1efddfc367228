// swift-tools-version:6.0
import PackageDescription

/// One wall of the house: a module, its folder under `Sources/FlowLib`, and all that it may know.
/// The import table of the design *is* this manifest; `scripts/check` makes the compiler keep it.
func wall(_ name: String, _ folder: String, knows: [String] = []) -> Target {
  .target(
    name: name,
    dependencies: knows.map { .byName(name: $0) },
    path: "Sources/FlowLib/\(folder)",
    // Without Foundation nobody else asks for libm, and `Double.rounded` needs it.
    linkerSettings: [.linkedLibrary("m")]
  )
}

/// A C library of the system: module map and shim header, nothing else. Exactly one wall imports it.
func system(_ name: String, pkgConfig: String? = nil, _ package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func program(_ name: String, knows: [String]) -> Target {
  .executableTarget(name: name, dependencies: knows.map { .byName(name: $0) }, path: "Sources/\(name)")
}

func suite(_ name: String, of walls: String...) -> Target {
  // ratchets.json is read where it lies; it is neither code nor a resource.
  .testTarget(
    name: "\(name)Tests", dependencies: walls.map { .byName(name: $0) }, path: "Tests/\(name)Tests",
    exclude: name == "Tidy" ? ["ratchets.json"] : [])
}

let library = [
  "FlowCore", "FlowThreads", "FlowFEEL", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowSQLite", "FlowView", "FlowRPC",
  "FlowCluster", "FlowEtcd",
  "FlowHTTP", "FlowCrypto", "FlowClient", "FlowAPI", "FlowHealth", "FlowDashboard", "FlowOrchestrator", "FlowRuntime", "FlowServer",
  "FlowCommandLine", "FlowScenario",
]

let package = Package(
  name: "flow",
  products: [
    .library(name: "FlowLib", targets: ["FlowLib"]),
    .executable(name: "flowd", targets: ["flowd"]),
    .executable(name: "flowctl", targets: ["flowctl"]),
    .executable(name: "healthd", targets: ["healthd"]),
    .executable(name: "flowbench", targets: ["flowbench"]),
  ],
  targets: [
    system("CLibXML2", pkgConfig: "libxml-2.0", "libxml2-dev"),
    system("CYAML", pkgConfig: "yaml-0.1", "libyaml-dev"),
    system("CSQLite", pkgConfig: "sqlite3", "libsqlite3-dev"),
    system("CMicroHTTPD", pkgConfig: "libmicrohttpd", "libmicrohttpd-dev"),
    system("COpenSSL", pkgConfig: "openssl", "libssl-dev"),
    system("CZlib", pkgConfig: "zlib", "zlib1g-dev"),
    system("CSystemd", pkgConfig: "libsystemd", "libsystemd-dev"),
    // libgrpc and libcurl are loaded with dlopen when first used, so that `flowctl --help` does not pay for them.
    .target(name: "CFlowGRPC", path: "Sources/C/CFlowGRPC"),
    .target(name: "CFlowCurl", path: "Sources/C/CFlowCurl"),
    // posix_spawn's GNU file actions and pidfd_open, which Swift's Glibc does not have.
    .target(name: "CFlowProcess", path: "Sources/C/CFlowProcess"),

    wall("FlowCore", "Core"),
    // Threads, and what they wait on: `Synchronization.Mutex` has no condition.
    wall("FlowThreads", "Threads"),
    wall("FlowCommandLine", "CommandLine", knows: ["FlowCore"]),
    wall("FlowFEEL", "FEEL", knows: ["FlowCore"]),
    wall("FlowBPMN", "BPMN/Model", knows: ["FlowCore"]),
    wall("FlowCrypto", "Crypto", knows: ["COpenSSL"]),
    wall("FlowBPMNRead", "BPMN/Read", knows: ["FlowCore", "FlowBPMN", "FlowCrypto", "CLibXML2", "CYAML"]),
    wall("FlowEngine", "Engine", knows: ["FlowCore", "FlowFEEL", "FlowBPMN"]),
    wall("FlowStorage", "Storage", knows: ["FlowCore", "FlowCrypto"]),
    wall("FlowSQLite", "SQLite", knows: ["FlowCore", "FlowStorage", "CSQLite", "FlowThreads"]),
    wall("FlowView", "View", knows: ["FlowCore", "FlowEngine", "FlowStorage", "FlowSQLite", "FlowThreads", "CZlib"]),
    wall("FlowRPC", "RPC", knows: ["FlowCore", "CFlowGRPC", "FlowThreads"]),
    wall("FlowCluster", "Cluster", knows: ["FlowCore"]),
    wall("FlowEtcd", "Etcd", knows: ["FlowCore", "FlowThreads", "FlowStorage", "FlowCluster", "FlowRPC"]),
    wall("FlowHTTP", "HTTP", knows: ["FlowCore", "CMicroHTTPD", "CFlowCurl", "FlowThreads"]),
    wall("FlowHealth", "Health", knows: ["FlowCore", "FlowHTTP", "FlowThreads"]),
    wall("FlowDashboard", "Dashboard", knows: ["FlowCore", "FlowHTTP", "FlowRPC"]),
    wall("FlowOrchestrator", "Orchestrator", knows: ["FlowCore", "FlowHTTP", "CFlowProcess", "FlowThreads"]),
    wall("FlowRuntime", "Runtime", knows: ["FlowCore", "FlowCrypto", "FlowEngine", "FlowStorage", "FlowThreads"]),
    // One node's whole service over a store that the program brings: what flowd serves and `flowctl run FILE` runs in process.
    wall(
      "FlowServer", "Server",
      knows: [
        "FlowCore", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowView", "FlowHTTP", "FlowHealth", "FlowOrchestrator",
        "FlowRuntime", "FlowCrypto", "FlowThreads",
      ]),
    wall("FlowClient", "API/Client", knows: ["FlowCore", "FlowRPC"]),
    wall(
      "FlowAPI", "API/Service",
      knows: [
        "FlowCore", "FlowBPMN", "FlowRPC", "FlowHTTP", "FlowEngine", "FlowFEEL", "FlowHealth", "FlowOrchestrator", "FlowRuntime",
        "FlowStorage", "FlowView", "FlowServer", "FlowClient", "FlowThreads",
      ]),
    wall(
      "FlowTestKit", "TestKit",
      knows: ["FlowCore", "FlowThreads", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowRuntime", "FlowCrypto"]),
    // Behaviour told in files, and what judges it: behind `flowctl test`.
    wall(
      "FlowScenario", "Scenario",
      knows: [
        "FlowCore", "FlowThreads", "FlowCommandLine", "FlowFEEL", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowRuntime",
      ]),
    wall("FlowLib", "Umbrella", knows: library),

    program(
      "flowd",
      knows: [
        "FlowCore", "FlowThreads", "FlowCommandLine", "FlowStorage", "FlowCluster", "FlowSQLite", "FlowEtcd", "FlowRPC", "FlowHTTP",
        "FlowClient", "FlowServer", "FlowAPI",
        "CSystemd",
      ]),
    program(
      "healthd", knows: ["FlowCore", "FlowThreads", "FlowRPC", "FlowHTTP", "FlowHealth", "FlowDashboard", "FlowCommandLine", "CSystemd"]),
    program(
      "flowctl",
      knows: [
        "FlowCore", "FlowThreads", "FlowCommandLine", "FlowFEEL", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowSQLite",
        "FlowEtcd", "FlowView",
        "FlowRPC", "FlowRuntime", "FlowScenario", "FlowServer", "FlowClient", "FlowAPI",
      ]),
    program(
      "flowbench",
      knows: [
        "FlowCore", "FlowCommandLine", "FlowFEEL", "FlowBPMNRead", "FlowEngine", "FlowStorage", "FlowSQLite", "FlowEtcd", "FlowRPC",
        "FlowHTTP", "FlowRuntime", "FlowServer",
      ]),
    program("protoc-gen-flow", knows: ["FlowRPC"]),
    // The simulated world: for `make sim`, not installed.
    program("flowsim", knows: ["FlowCore", "FlowCommandLine", "FlowThreads", "FlowTestKit"]),

    // What several suites share.
    .target(name: "TestSupport", dependencies: ["FlowCore", "FlowRPC"], path: "Tests/Support"),
    suite("Core", of: "FlowCore"),
    suite("Threads", of: "FlowThreads"),
    suite("CommandLine", of: "FlowCore", "FlowCommandLine"),
    suite("FEEL", of: "FlowCore", "FlowFEEL"),
    suite("BPMN", of: "FlowCore", "FlowBPMN", "FlowBPMNRead"),
    suite("Crypto", of: "FlowCrypto"),
    suite("Engine", of: "FlowCore", "FlowEngine", "FlowTestKit"),
    suite("Storage", of: "FlowCore", "FlowStorage", "FlowSQLite", "FlowTestKit", "TestSupport"),
    suite("Cluster", of: "FlowCore", "FlowCluster"),
    suite("Etcd", of: "FlowCore", "FlowStorage", "FlowCluster", "FlowRPC", "FlowEtcd", "FlowTestKit"),
    suite("View", of: "FlowCore", "FlowEngine", "FlowStorage", "FlowView"),
    suite("RPC", of: "FlowCore", "FlowRPC"),
    suite("HTTP", of: "FlowCore", "FlowThreads", "FlowHTTP"),
    suite("Orchestrator", of: "FlowCore", "FlowThreads", "FlowHTTP", "FlowOrchestrator"),
    suite("Health", of: "FlowCore", "FlowThreads", "FlowHTTP", "FlowHealth"),
    suite(
      "Dashboard", of: "FlowCore", "FlowThreads", "FlowHTTP", "FlowHealth", "FlowRPC", "FlowDashboard", "FlowCommandLine", "healthd",
      "TestSupport"),
    suite("Runtime", of: "FlowCore", "FlowEngine", "FlowStorage", "FlowRuntime", "FlowTestKit"),
    suite(
      "Scenario", of: "FlowCore", "FlowThreads", "FlowCommandLine", "FlowBPMN", "FlowBPMNRead", "FlowEngine", "FlowScenario", "FlowTestKit"),
    // The program is run by its tests, so that it has to be there.
    suite("Simulation", of: "FlowRuntime", "FlowTestKit", "flowsim"),
    suite("Client", of: "FlowCore", "FlowRPC", "FlowClient", "TestSupport"),
    suite(
      "API",
      of: "FlowCore", "FlowThreads", "FlowHTTP", "FlowEngine", "FlowStorage", "FlowSQLite", "FlowRuntime", "FlowView", "FlowServer",
      "FlowAPI", "TestSupport"),
    suite("Tidy"),
  ],
  swiftLanguageModes: [.v6]
)
