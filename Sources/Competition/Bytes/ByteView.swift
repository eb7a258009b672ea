/// A read-only slice of a `SharedBytes`: cheap to copy, keeps its block alive.
public struct ByteView: Sendable {
  private let block: SharedBytes
  private let offset: Int
  /// The length of the slice in bytes.
  public let count: Int

  /// Slices `block`; the range must lie within its written bytes.
  public init(_ block: SharedBytes, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= block.count)
    self.block = block
    offset = range.lowerBound
    count = range.count
  }

  /// A view of a fresh copy of `bytes`.
  public init(copying bytes: some Sequence<UInt8>) {
    let array = Array(bytes)
    let block = array.withUnsafeBytes { SharedBytes(copying: $0) }
    self.init(block, 0..<array.count)
  }

  /// A view of a fresh copy of the text's UTF-8.
  public init(_ text: String) { self.init(copying: text.utf8) }

  /// The slice of this slice at `range`, which must lie within it.
  public func slice(_ range: Range<Int>) -> ByteView {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return ByteView(block, offset + range.lowerBound..<offset + range.upperBound)
  }

  /// Whether the slice holds no byte.
  public var isEmpty: Bool { count == 0 }

  /// Lends the bytes for the time of `body`.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: block.bytes[offset..<offset + count]))
  }

  /// A copy of the bytes.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The bytes read as UTF-8, what is invalid replaced by U+FFFD; for logs and messages.
  public var lossyText: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

extension ByteView: Equatable {
  /// Compares the bytes.
  public static func == (left: ByteView, right: ByteView) -> Bool {
    left.count == right.count
      && left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
  }
}
