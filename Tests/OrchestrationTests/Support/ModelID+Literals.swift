public import Competition

extension ModelID: ExpressibleByStringLiteral {
  /// The model of this text.
  public init(stringLiteral text: String) { self.init(text) }
}
