public import Competition

extension ModelID: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
