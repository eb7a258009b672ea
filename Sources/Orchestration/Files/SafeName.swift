/// Whether a text from a configuration may become part of a file's name.
enum SafeName {
  /// The longest name: 255 bytes are the file system's limit, endings need some.
  static let bytesMax = 128

  /// Letters, digits, `.`, `_` and `-`, not starting with `.` or `-`, at most 128 bytes: nothing
  /// that could leave the folder or hide in it.
  static func allows(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= bytesMax else { return false }
    guard first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
