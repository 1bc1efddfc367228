import FlowCore
import FlowScenario

/// Reading never traps; a file that is refused has a mistake with a place in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScenario(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  do throws(ScenarioMistakes) {
    _ = try ScenarioReader.read(Array(UnsafeBufferPointer(start: bytes, count: count)), file: "x.json")
  } catch {
    guard let first = error.all.first, error.all.count <= Limits.findings, first.place.line > 0, first.place.column > 0 else {
      fatalError("refused without a place: \(error)")
    }
  }
  return 0
}
