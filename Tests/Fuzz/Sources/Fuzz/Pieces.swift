/// An input cut as a network would cut it. Its first byte says how: 0 not at all, else that many
/// bytes a piece.
struct Pieces {
  /// The first byte.
  let pieceBytes: Int
  /// What follows it.
  let rest: UnsafeRawBufferPointer

  /// Nil for an empty input.
  init?(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return nil }
    pieceBytes = Int(first)
    rest = UnsafeRawBufferPointer(rebasing: input.dropFirst())
  }

  /// Calls `body` with each piece of `bytes` in order.
  func each(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard pieceBytes > 0 else { return body(bytes) }
    var rest = bytes
    while !rest.isEmpty {
      let count = min(pieceBytes, rest.count)
      body(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
