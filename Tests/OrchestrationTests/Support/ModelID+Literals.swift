import Competition

extension ModelID: @retroactive ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
