import Testing

@testable import Cryptography

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}

@Test(
  arguments: [
    (Digest.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
func digestsMatchThePublishedVectors(digest: Digest, text: String, expected: String) throws {
  let result = try digest.of(text.utf8)
  #expect(hex(result) == expected)
  #expect(result.count == digest.byteCount)
}

@Test func digestTakesInputsOfManyBlocks() throws {
  let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
  #expect(hex(try Digest.sha1.of(million)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
}

@Test func randomBytesHaveTheAskedLengthAndDiffer() throws {
  #expect(try SecureRandom.bytes(0).isEmpty)
  let first = try SecureRandom.bytes(32)
  #expect(first.count == 32)
  // Two equal draws of 256 bits have a chance of 2^-256.
  #expect(try SecureRandom.bytes(32) != first)
}

@Test func libraryErrorsTellOpenSSLsCodeAndAdvice() {
  let error = CryptoError(
    code: .libraryFailed, openSSLCode: 0x1c8, doing: "drawing bytes", detail: "no seed")
  #expect(error.description == "drawing bytes: no seed (OpenSSL error 0x1c8)")
}
