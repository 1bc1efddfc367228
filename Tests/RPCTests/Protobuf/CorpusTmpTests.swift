import Foundation
import FlowRPC
import Testing
@Test func corpusTmp() throws {
  let text = try String(contentsOfFile: "/tmp/rpcpy/corpus.txt", encoding: .utf8)
  var bad = 0, n = 0
  for line in text.split(separator: "\n") {
    let wire = bytes(hex: String(line)); n += 1
    let m = try Sample.Everything(decoding: wire)
    let out = m.encoded()
    if out != wire { bad += 1 ; if out.count != wire.count { print("size differs", n) } }
  }
  print("CORPUS", n, "different", bad)
}
