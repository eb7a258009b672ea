/// Base58 in Bitcoin's alphabet, as wallets and hotkeys are written.
///
/// Each byte string has exactly one text, and each text of the alphabet exactly one byte string, so
/// equal texts are equal keys. The conversion is quadratic, hence the bounds.
public enum Base58 {
  /// The most bytes that are encoded.
  public static let bytesMax = 128
  /// The longest text that is decoded: 128 bytes take 175 characters.
  public static let charactersMax = 175

  private static let alphabet = Array(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  /// The digit of each byte; 255 for those outside the alphabet.
  private static let digits: [UInt8] = {
    var digits = [UInt8](repeating: 255, count: 256)
    for (digit, character) in alphabet.enumerated() { digits[Int(character)] = UInt8(digit) }
    return digits
  }()

  /// The text of `bytes`; nil for more than `bytesMax`.
  public static func encode(_ bytes: some Collection<UInt8>) -> String? {
    guard bytes.count <= bytesMax else { return nil }
    let number = convert(bytes.map(Int.init), from: 256, to: 58)
    let zeros = bytes.prefix { $0 == 0 }.count
    let text = Array(repeating: alphabet[0], count: zeros) + number.map { alphabet[$0] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of `text`; nil when it is too long or has a character outside the alphabet.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8.prefix(charactersMax + 1))
    guard characters.count <= charactersMax else { return nil }
    let values = characters.map { Int(digits[Int($0)]) }
    guard !values.contains(255) else { return nil }
    let zeros = values.prefix { $0 == 0 }.count
    return Array(repeating: 0, count: zeros)
      + convert(values, from: 58, to: 256).map { UInt8($0) }
  }

  /// The digits of the same number in another base, without leading zeros.
  private static func convert(_ input: [Int], from base: Int, to other: Int) -> [Int] {
    // The least significant digit first.
    var output: [Int] = []
    for digit in input.drop(while: { $0 == 0 }) {
      var carry = digit
      for index in output.indices {
        carry += output[index] * base
        output[index] = carry % other
        carry /= other
      }
      while carry > 0 {
        output.append(carry % other)
        carry /= other
      }
    }
    return output.reversed()
  }
}
