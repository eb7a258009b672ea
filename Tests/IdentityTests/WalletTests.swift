import Glibc
import Testing

@testable import Identity

private func hex(_ text: String) throws -> [UInt8] {
  try #require(Hexadecimal.decode(text, byteCount: text.count / 2))
}

/// RFC 8032, 7.1, tests 1 to 3: public key, message, signature.
@Test(arguments: [
  (
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
      + "6bd25bf5f0595bbe24655141438e7a100b"
  ),
  (
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
      + "8c387b2eaeb4302aeeb00d291612bb0c00"
  ),
  (
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
      + "594a7c15e9716ed28dc027beceea1ec40a"
  ),
])
func theStandardsVectorsVerifyAndNoChangedBitDoes(
  key: String, message: String, signature: String
) throws {
  let wallet = try #require(WalletPublicKey(hex: key))
  let message = try hex(message)
  let good = try hex(signature)
  #expect(wallet.isValid(good, of: message))
  #expect(!wallet.isValid(good, of: message + [0]))
  for index in good.indices {
    var bad = good
    bad[index] ^= 1 << UInt8(index % 8)
    #expect(!wallet.isValid(bad, of: message), "byte \(index)")
  }
}

@Test func aSignatureWhoseScalarIsNotReducedIsRefused() throws {
  let key = try WalletKey.generate()
  let message = Array("a message".utf8)
  var signature = key.sign(message)
  #expect(key.publicKey.isValid(signature, of: message))
  // The group's order L, little-endian: S + L gives the same point.
  let order = try hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
  var carry = 0
  for index in order.indices {
    let sum = Int(signature[32 + index]) + Int(order[index]) + carry
    signature[32 + index] = UInt8(sum & 0xff)
    carry = sum >> 8
  }
  #expect(carry == 0)
  #expect(!key.publicKey.isValid(signature, of: message))
}

/// Points of order 1, 2, 4 and 8 (also in a second, not canonical encoding), and no point at all.
@Test(arguments: [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0200000000000000000000000000000000000000000000000000000000000000",
])
func aKeyOfSmallOrderOrNoPointIsNoKey(key: String) throws {
  #expect(WalletPublicKey(hex: key) == nil)
  #expect(WalletPublicKey(base58: try #require(Base58.encode(try hex(key)))) == nil)
}

@Test func keysAndSignaturesOfOtherLengthsAreRefused() throws {
  let key = try WalletKey.generate()
  let bytes = key.publicKey.bytes
  for other in [[], Array(bytes.dropLast()), bytes + [0]] {
    #expect(WalletPublicKey(bytes: other) == nil)
    #expect(WalletPublicKey(base58: try #require(Base58.encode(other))) == nil)
  }
  let signature = key.sign([1])
  for other in [[], Array(signature.dropLast()), signature + [0]] {
    #expect(!key.publicKey.isValid(other, of: [1]))
  }
}

@Test func aWalletGoesIntoItsFileAndBack() throws {
  let key = try WalletKey.generate()
  let file = key.secretFile()
  let again = try WalletKey(walletFile: file)
  #expect(again.publicKey == key.publicKey)
  #expect(again.sign([1, 2, 3]) == key.sign([1, 2, 3]))
  let spaced = String(decoding: file, as: UTF8.self).split(separator: ",").joined(separator: ", ")
  #expect(try WalletKey(walletFile: Array(" \(spaced)".utf8)).publicKey == key.publicKey)
  #expect(WalletPublicKey(base58: key.publicKey.base58) == key.publicKey)
  #expect(WalletPublicKey(hex: key.publicKey.hex) == key.publicKey)
}

@Test func aWalletFileThatIsWrongIsRefusedWithoutItsContent() throws {
  let good = String(decoding: try WalletKey.generate().secretFile().dropLast(), as: UTF8.self)
  let numbers = good.dropFirst().dropLast().split(separator: ",").map(String.init)
  let swapped = (numbers[..<32] + numbers[32...].reversed()).joined(separator: ",")
  let texts = [
    ("", "JSON list"), ("{}", "JSON list"), (String(good.dropLast()), "JSON list"),
    ("[\(numbers[1...].joined(separator: ","))]", "JSON list"), (good + "x", "JSON list"),
    ("[\(numbers.joined(separator: ",")),1]", "JSON list"),
    ("[256,\(swapped.dropFirst(4))]", "list"),
    ("[\(swapped)]", "doesn't belong"),
    (String(repeating: " ", count: WalletKey.fileBytesMax) + good, "JSON list"),
  ]
  for (text, cause) in texts {
    let error = #expect(throws: KeyError.self) { try WalletKey(walletFile: Array(text.utf8)) }
    let told = "\(error.map { "\($0)" } ?? "")"
    #expect(told.contains(cause), "\(told)")
    #expect(!told.contains(numbers[..<4].joined(separator: ",")))
  }
}

@Test func nothingThatDescribesAWalletShowsItsSecret() throws {
  let key = try WalletKey.generate()
  var dumped = ""
  dump(key, to: &dumped)
  let secret = String(decoding: key.secretFile(), as: UTF8.self).split(separator: ",").prefix(6)
  for text in [
    "\(key)", String(reflecting: key), dumped, "\(Mirror(reflecting: key).children.map { $0 })",
  ] {
    #expect(text.contains(key.publicKey.base58) || text.contains("publicKey"))
    #expect(!text.contains(secret.joined(separator: ",").dropFirst()))
    #expect(!text.contains("0x"), "an address leads to the secret: \(text)")
  }
}

private func mode(_ path: String) -> UInt32 {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

@Test func aSecretFileIsForItsOwnerAloneAndNeverReplacedUnasked() throws {
  let folder = try KeyFolder()
  let path = folder.path + "/secret"
  umask(0)
  defer { umask(0o022) }
  try KeyFile.write([1, 2], to: path, .secret)
  #expect(mode(path) == 0o600)
  #expect(try KeyFile.read(path, .secret) == [1, 2])
  let taken = #expect(throws: KeyError.self) { try KeyFile.write([3], to: path, .secret) }
  #expect(taken?.code == .existingFile && taken?.description.contains("--force") == true)
  #expect(try KeyFile.read(path, .secret) == [1, 2])
  try KeyFile.write([3], to: path, .secret, replacing: true)
  #expect(try KeyFile.read(path, .secret) == [3])
  try KeyFile.write([4], to: folder.path + "/open", .open)
  #expect(mode(folder.path + "/open") == 0o644)
  #expect(folder.names == ["open", "secret"], "a draft was left")
}

@Test func aLinkOfTheNameIsNeverWrittenThrough() throws {
  let folder = try KeyFolder()
  #expect(symlink(folder.path + "/target", folder.path + "/key") == 0)
  #expect(throws: KeyError.self) { try KeyFile.write([1], to: folder.path + "/key", .secret) }
  try KeyFile.write([1], to: folder.path + "/key", .secret, replacing: true)
  #expect(folder.names == ["key"], "the link's target was made")
}

@Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o644] as [mode_t])
func aSecretThatOthersCanReachIsRefused(mode: mode_t) throws {
  let folder = try KeyFolder()
  let path = folder.path + "/secret"
  try KeyFile.write([1], to: path, .secret)
  chmod(path, mode)
  let error = #expect(throws: KeyError.self) { try KeyFile.read(path, .secret) }
  #expect(error?.code == .exposedFile && error?.description.contains("chmod 600 \(path)") == true)
  #expect(try KeyFile.read(path, .open) == [1])
}

@Test func filesThatCannotBeReadAreNamed() throws {
  let folder = try KeyFolder()
  let missing = #expect(throws: KeyError.self) { try KeyFile.read(folder.path + "/none", .open) }
  #expect(missing?.code == .missingFile && missing?.description.contains("/none") == true)
  #expect(throws: KeyError.self) { try KeyFile.read(folder.path, .open) }
  mkfifo(folder.path + "/pipe", 0o600)
  #expect(throws: KeyError.self) { try KeyFile.read(folder.path + "/pipe", .secret) }
  let most = [UInt8](repeating: 0, count: KeyFile.bytesMax)
  try KeyFile.write(most, to: folder.path + "/most", .open)
  #expect(try KeyFile.read(folder.path + "/most", .open) == most)
  try KeyFile.write(most + [0], to: folder.path + "/more", .open)
  let large = #expect(throws: KeyError.self) { try KeyFile.read(folder.path + "/more", .open) }
  #expect(large?.code == .tooLarge)
}
