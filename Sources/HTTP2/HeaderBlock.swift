internal import CNghttp2

/// A list of header fields in memory that nghttp2 refers to without copying.
///
/// Made once and shared: by every connection of a round, or by every call of a connection.
/// Immutable after `init`, hence `Sendable`.
public final class HeaderBlock: @unchecked Sendable {
  let fields: UnsafeMutableBufferPointer<nghttp2_nv>
  private let memory: UnsafeMutableBufferPointer<UInt8>

  /// Copies the fields; names must be lower case, pseudo-headers first.
  public init(_ list: [(name: String, value: String)]) {
    let byteCount = list.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, byteCount))
    let fields = UnsafeMutableBufferPointer<nghttp2_nv>.allocate(capacity: max(1, list.count))
    let flags = UInt8(
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
    var used = 0
    for (index, field) in list.enumerated() {
      let name = memory.place(field.name, at: &used)
      let value = memory.place(field.value, at: &used)
      fields.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: name, value: value, namelen: field.name.utf8.count,
          valuelen: field.value.utf8.count, flags: flags))
    }
    self.memory = memory
    self.fields = fields
    count = list.count
  }

  deinit {
    fields.deallocate()
    memory.deallocate()
  }

  /// The number of fields.
  public let count: Int
}

extension UnsafeMutableBufferPointer<UInt8> {
  /// Copies the UTF-8 of `text` to `used`, moves `used` behind it and returns where it stands.
  fileprivate func place(_ text: String, at used: inout Int) -> UnsafeMutablePointer<UInt8>? {
    let start = used
    for byte in text.utf8 {
      initializeElement(at: used, to: byte)
      used += 1
    }
    return baseAddress.map { $0 + start }
  }
}
