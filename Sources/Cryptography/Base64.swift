internal import COpenSSL

/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
public enum Base64 {
  /// The most bytes that one call encodes: OpenSSL counts in `int`, and the text is 4/3 as long.
  public static let encodedInputBytesMax = 1 << 30
  /// The longest text that one call decodes, in bytes.
  public static let decodedTextBytesMax = 1 << 30

  /// The text for `bytes`: 4 characters for each 3 bytes begun, without line breaks.
  ///
  /// - Throws: `CryptoError` with `.tooLarge` beyond `encodedInputBytesMax`.
  public static func encode(_ bytes: some Sequence<UInt8>) throws(CryptoError) -> String {
    let input = Array(bytes)
    guard input.count <= encodedInputBytesMax else {
      throw CryptoError(
        code: .tooLarge, openSSLCode: 0, doing: "encoding base64",
        detail: "\(input.count) bytes are more than the \(encodedInputBytesMax) of one call")
    }
    var text = [UInt8](repeating: 0, count: (input.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, input, Int32(input.count))
    return String(decoding: text.prefix(Int(length)), as: UTF8.self)
  }

  /// The bytes of a base64 text. Strict: only the one text that `encode` makes for those bytes is
  /// taken, so white space, missing or superfluous padding and stray trailing bits are errors.
  ///
  /// - Throws: `CryptoError` with `.badEncoding`, or `.tooLarge` beyond `decodedTextBytesMax`.
  public static func decode(_ text: some StringProtocol) throws(CryptoError) -> [UInt8] {
    let input = Array(text.utf8)
    guard input.count <= decodedTextBytesMax else {
      throw CryptoError(
        code: .tooLarge, openSSLCode: 0, doing: "decoding base64",
        detail: "\(input.count) characters are more than the \(decodedTextBytesMax) of one call")
    }
    guard input.count.isMultiple(of: 4) else {
      throw badText("its length, \(input.count), is not a multiple of 4")
    }
    if input.isEmpty { return [] }
    var bytes = [UInt8](repeating: 0, count: input.count / 4 * 3)
    let length = EVP_DecodeBlock(&bytes, input, Int32(input.count))
    guard length >= 0 else {
      ERR_clear_error()
      throw badText("it holds characters outside the base64 alphabet")
    }
    let paddingCount = input.suffix(2).count { $0 == UInt8(ascii: "=") }
    bytes.removeLast(bytes.count - (Int(length) - paddingCount))
    guard try Array(encode(bytes).utf8) == input else {
      throw badText("it is not the canonical text of its bytes (white space, padding, spare bits)")
    }
    return bytes
  }

  private static func badText(_ cause: String) -> CryptoError {
    CryptoError(code: .badEncoding, openSSLCode: 0, doing: "decoding base64", detail: cause)
  }
}
