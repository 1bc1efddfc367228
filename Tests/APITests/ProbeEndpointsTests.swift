import FlowCore
import FlowHTTP
import FlowStorage
import Testing

@testable import FlowAPI

@Suite("probes and metrics")
struct ProbeEndpointsTests {
  @Test("a well node is live and ready, and verbose lists the checks")
  func ready() throws {
    let bench = try FlowHTTPAPIBench()

    #expect(try bench.get("/livez").status == 200)
    #expect(try bench.get("/readyz").status == 200)
    let verbose = try bench.get("/readyz?verbose")
    #expect(String(decoding: verbose.body, as: UTF8.self) == "[+] ping ok\n[+] store ok\n[+] shutdown ok\nreadyz check passed\n")
  }

  @Test("a node that takes no new work is live but not ready, and says why", arguments: [false, true])
  func notReady(drains: Bool) throws {
    let bench = try FlowHTTPAPIBench()
    if drains { bench.drain() } else { bench.store.setCondition(.readOnly(reason: "disk full")) }

    let ready = try bench.get("/readyz")
    let verbose = String(decoding: try bench.get("/readyz?verbose").body, as: UTF8.self)

    #expect(try bench.get("/livez").status == 200)
    #expect(ready.status == 503)
    #expect(String(decoding: ready.body, as: UTF8.self) == (drains ? "shutdown: flowd is stopping\n" : "store: disk full\n"))
    #expect(verbose.contains(drains ? "[-] shutdown" : "[-] store: disk full"))
    #expect(verbose.contains("readyz check failed"))
  }

  @Test("metrics count what happened")
  func metrics() throws {
    let bench = try FlowHTTPAPIBench()
    let deployment = try bench.apply()
    _ = try bench.apply("Resting", isStopped: true)
    bench.releaseService()
    let first = try bench.start(deployment)
    _ = try bench.instance(first, once: "COMPLETED")

    let answer = try bench.get("/metrics")

    #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
    for line in [
      #"flow_build_info{version="1.2.3",store="memory"} 1"#, "flow_ready 1", #"flow_deployments{state="RUNNING"} 1"#,
      #"flow_deployments{state="STOPPED"} 1"#, #"flow_instances{state="COMPLETED"} 1"#, #"flow_instances{state="RUNNING"} 0"#,
      "flow_service_calls_started_total 1", #"flow_service_calls_ended_total{outcome="succeeded"} 1"#,
      #"flow_service_calls_ended_total{outcome="failed"} 0"#, "flow_store_writable 1", "# TYPE process_cpu_seconds_total counter",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total", "flow_store_position"] {
      let value = lines.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) }
      #expect((value ?? 0) > 0, "\(name)")
    }
  }

  @Test("every family has one HELP and one TYPE, and every line is a sample of the family above it")
  func wellFormed() throws {
    let bench = try FlowHTTPAPIBench()

    let text = String(decoding: try bench.get("/metrics").body, as: UTF8.self)

    var family = ""
    var seen: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# HELP ") {
        family = String(words[2])
        #expect(seen.insert(family).inserted)
      } else if line.hasPrefix("# TYPE ") {
        #expect(words[2] == family)
        #expect((words[3] == "counter") == family.hasSuffix("_total"))
      } else {
        #expect(line.prefix { $0 != "{" && $0 != " " } == family)
        #expect(words.last.flatMap { Double($0) } != nil)
      }
    }
    #expect(seen.count > 10)
  }

  @Test("labels and help are escaped, numbers are those of the format")
  func escapes() {
    var page = PrometheusText()

    page.family("a", .gauge, "one\ntwo \\ \"three\"", [.init(1, ["l": "x\"y\\z\n"]), .init(.infinity), .init(0.5)])
    page.family("none", .gauge, "left out", nil)

    #expect(page.text == "# HELP a one\\ntwo \\\\ \"three\"\n# TYPE a gauge\na{l=\"x\\\"y\\\\z\\n\"} 1\na +Inf\na 0.5\n")
  }
}
