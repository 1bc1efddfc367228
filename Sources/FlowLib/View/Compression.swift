import CZlib
import FlowCore

/// Deflate, as zlib does it (RFC 1950).
enum Compression {
  /// The bytes behind their length, compressed.
  static func pack(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(uLong(bytes.count))
    var packed = [UInt8](repeating: 0, count: Int(size))
    let status = compress2(&packed, &size, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
    // The room is what zlib asked for, so that only memory can be missing.
    guard status == Z_OK else { preconditionFailure("zlib answers \(status) to \(bytes.count) bytes") }
    var writer = ByteWriter()
    writer.varint(bytes.count)
    writer.blob(Array(packed[..<Int(size)]))
    return writer.bytes
  }

  /// Reads what `pack` wrote.
  static func unpack(_ reader: inout ByteReader) throws(ByteCodingError) -> [UInt8] {
    let count = try reader.int()
    guard count <= Limits.archiveFrameBytes else { throw reader.fail("a frame of \(count) bytes") }
    let packed = try reader.blob()
    var bytes = [UInt8](repeating: 0, count: count)
    var size = uLong(count)
    guard uncompress(&bytes, &size, packed, uLong(packed.count)) == Z_OK, Int(size) == count else {
      throw reader.fail("a frame that can not be unpacked")
    }
    return bytes
  }
}
