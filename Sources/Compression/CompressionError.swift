internal import CZstd

/// A stream that could not be compressed or expanded.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is; new kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The kind's name.
    public let rawValue: String
    /// Wraps a kind's name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The system gives no memory.
    public static let outOfMemory = Code(rawValue: "out_of_memory")
    /// A setting is outside of what the library takes.
    public static let badSetting = Code(rawValue: "bad_setting")
    /// The bytes are no zstd frame, or damaged: the checksum tells.
    public static let damaged = Code(rawValue: "damaged")
    /// The bytes end in the middle of a frame.
    public static let truncated = Code(rawValue: "truncated")
  }

  /// What kind of failure it is.
  public let code: Code
  /// The library's error code (`ZSTD_ErrorCode`), 0 when it was not the library.
  public let zstdCode: Int
  /// The cause, and what the reader can do about it.
  public let detail: String

  /// One line with the cause.
  public var description: String {
    "zstd: \(detail)" + (zstdCode == 0 ? "" : " (zstd error \(zstdCode))")
  }

  /// Throws when `result` of the library says that it failed.
  static func check(_ result: Int, _ code: Code) throws(CompressionError) {
    guard ZSTD_isError(result) != 0 else { return }
    throw CompressionError(
      code: code, zstdCode: 0 &- result, detail: String(cString: ZSTD_getErrorName(result)))
  }
}
