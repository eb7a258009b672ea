/// What is fuzzed: a name, one input's way through the code, and inputs to begin with.
protocol FuzzTarget: SendableMetatype {
  /// The name on the command line, of the corpus and of the dictionary.
  static var name: String { get }

  /// Prepares what all inputs share.
  init() throws

  /// Takes one input through the code; stops the process where the code breaks a promise.
  func run(_ input: UnsafeRawBufferPointer)

  /// Inputs made by the real writers of the same protocols, by name.
  static func seeds() throws -> [(name: String, bytes: [UInt8])]
}

/// All of them.
let fuzzTargets: [any FuzzTarget.Type] = [
  FeedBytes.self, ReplyBytes.self, ProtobufBytes.self, JSONText.self, UpgradeBytes.self,
  SettingsText.self, PriceText.self, TLSBytes.self, DensityText.self,
]
