import Testing

@testable import Cryptography

@Test func anRSAKeyGoesIntoItsTextAndBackAndSignsTheSame() throws {
  let key = try RSAPrivateKey.generate()
  let again = try RSAPrivateKey(pem: key.secretPEM())
  let message = Array("a message".utf8)
  let signature = try key.sign(message)
  #expect(signature.count == 256)
  #expect(try again.sign(message) == signature)
  let publicKey = try key.publicKey()
  #expect(publicKey.isValid(signature, of: message))
  #expect(!publicKey.isValid(signature, of: message + [0]))
  #expect(!publicKey.isValid(signature.dropLast(), of: message))
  #expect(!publicKey.isValid([], of: message))
  #expect(try RSAPublicKey(der: publicKey.der).isValid(signature, of: message))
}

@Test func aTextThatIsNoPrivateKeyIsRefused() throws {
  let pem = try RSAPrivateKey.generate().secretPEM()
  var damaged = pem
  damaged[200] = UInt8(ascii: "!")
  let encrypted =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
  let elliptic = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4Fy0xXvSGjlqs38q
    z0qpIX0c4WkJYqyPnkpq1yJMRZehRANCAATtL3hPeyWmMx5xKgwR1Wv8AEcFz0Yw
    -----END PRIVATE KEY-----
    """
  for (text, cause) in [
    (Array("".utf8), "no PEM block"), (Array("-----BEGIN CERTIFICATE-----".utf8), "no PEM block"),
    (damaged, "damaged"), (Array(encrypted.utf8), "it is encrypted"),
    (Array(elliptic.utf8), "damaged"),
  ] {
    let error = #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: text) }
    #expect(error?.description.contains(cause) == true, "\(String(describing: error))")
    #expect(error?.description.contains(String(decoding: pem[60..<80], as: UTF8.self)) == false)
  }
}

@Test func keysOfOtherSizesAreRefused() throws {
  for bits in [512, 1_024, 2_047, 8_193] {
    #expect(throws: CryptoError.self) { try RSAPrivateKey.generate(bits: bits) }
  }
}

@Test func aPublicKeyWithSomethingBehindItOrTooLongIsRefused() throws {
  let der = try RSAPrivateKey.generate().publicKey().der
  for bad in [der + [0], Array(der.dropLast()), [], [UInt8](repeating: 0x30, count: 5_000)] {
    #expect(throws: CryptoError.self) { try RSAPublicKey(der: bad) }
  }
}

@Test func nothingThatDescribesAKeyShowsItsSecret() throws {
  let key = try RSAPrivateKey.generate()
  var dumped = ""
  dump(key, to: &dumped)
  for text in ["\(key)", String(reflecting: key), dumped] {
    #expect(text.contains("2048") && !text.contains("0x") && text.utf8.count < 80, "\(text)")
  }
}
