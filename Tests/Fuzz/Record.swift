import FlowCore
import FlowEngine

/// Reading never traps, and what was read is written the same way from then on. The first byte chooses: what checkpoints keep, or a
/// batch of the journal.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecord(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let all = UnsafeBufferPointer(start: bytes, count: count)
  guard let choice = all.first else { return 0 }
  let form = Array(all.dropFirst())
  if choice % 2 == 0 { record(form) } else { batch(form) }
  return 0
}

private func record(_ bytes: [UInt8]) {
  guard let record = try? RecordCodec.decode(bytes) else { return }
  let written = RecordCodec.encode(record)
  guard let again = try? RecordCodec.decode(written), RecordCodec.encode(again) == written else {
    fatalError("not the same again: \(written)")
  }
}

private func batch(_ bytes: [UInt8]) {
  guard let batch = try? EventCodec.decode(bytes) else { return }
  let written = form(of: batch)
  guard let again = try? EventCodec.decode(written), form(of: again) == written else { fatalError("not the same again: \(written)") }
}

private func form(of batch: EventBatch) -> [UInt8] {
  var writer = EventBatchWriter(now: batch.now)
  writer.append(EncodedEvents(batch.events))
  return writer.bytes
}
