import Glibc
import Testing

@testable import Orchestration

@Test(arguments: [
  "main.py", "requirements.txt", "package/__init__.py", "a/b/c/d.py", "Model-1_final.v2.py",
])
func namesBelowTheFolderAreAllowed(name: String) { #expect(UploadName.allows(name)) }

@Test(arguments: [
  "", ".", "..", "../main.py", "a/../../x", "/etc/passwd", "a//b", "a/", "/", ".bashrc", "a/.git/x",
  "-rf", "a\\b", "C:\\x", "a\0b", "a b.py", "\u{202E}yp.exe", "a/b/c/d/e.py", "~/x", "a/./b",
  String(repeating: "a", count: 129),
])
func namesThatCouldLeaveTheFolderAreRefused(name: String) { #expect(!UploadName.allows(name)) }

/// A body of fields and files.
func multipart(_ fields: [(String, String)], files: [(String, String)] = []) -> [UInt8] {
  var text = ""
  for (name, value) in fields {
    text += "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
  }
  for (name, value) in files {
    text += "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\(name)\"\r\n\r\n"
    text += "\(value)\r\n"
  }
  return Array((text + "--b--\r\n").utf8)
}

let multipartType = "multipart/form-data; boundary=b"

private func refusal(
  of files: [(String, String)], fields: [(String, String)] = [], in folder: TestFolder,
  _ settings: APISettings = APISettings()
) -> APIRefusal? {
  do {
    let intake = try UploadIntake(
      contentType: multipartType, into: "\(folder.path)/up.part", settings)
    try intake.take(multipart(fields, files: files))
    try intake.finish()
    return nil
  } catch {
    return error
  }
}

@Test func filesAreKeptInTheirFolderAndFieldsInMemory() throws {
  let folder = try TestFolder()
  let intake = try UploadIntake(
    contentType: multipartType, into: "\(folder.path)/up.part", APISettings())
  try intake.take(
    multipart(
      [("model_name", "Änne")],
      files: [("main.py", "x"), ("lib/a.py", "y"), ("My Notes.ipynb", "{}"), ("", "")]))
  try intake.finish()
  #expect(intake.fields == ["model_name": "Änne"])
  #expect(intake.files == ["main.py", "lib/a.py", "notebook.ipynb"])
  #expect(folder.read("up.part/lib/a.py") == "y")
  #expect(folder.read("up.part/notebook.ipynb") == "{}")
}

@Test(arguments: [
  ["../main.py"], ["/tmp/x"], ["a", "a/b"], ["a/b", "a"], ["main.py", "MAIN.py"], [".x"],
  ["1.ipynb", "2.ipynb"],
])
func anUploadOfNamesThatClashOrLeaveIsRefused(names: [String]) throws {
  let folder = try TestFolder()
  #expect(refusal(of: names.map { ($0, "x") }, in: folder)?.status == 400)
  #expect(Folder.names(in: folder.path).allSatisfy { $0 == "up.part" })
}

@Test func everyLimitOfAnUploadHoldsAtItAndOnePastIt() throws {
  let folder = try TestFolder()
  var settings = APISettings()
  settings.fileBytesMax = 100
  settings.filesMax = 2
  let at = String(repeating: "x", count: 100)
  #expect(refusal(of: [("a", at), ("b", at)], in: folder, settings) == nil)
  #expect(refusal(of: [("c", at + "x")], in: folder, settings)?.status == 413)
  #expect(refusal(of: [("d", ""), ("e", ""), ("f", "")], in: folder, settings)?.status == 413)
  let whole = multipart([], files: [("g", at)])
  settings.uploadBytesMax = whole.count
  #expect(refusal(of: [("g", at)], in: folder, settings) == nil)
  settings.uploadBytesMax -= 1
  #expect(refusal(of: [("h", at)], in: folder, settings)?.status == 413)
  settings = APISettings()
  let field = String(repeating: "x", count: UploadIntake.fieldBytesMax)
  #expect(refusal(of: [], fields: [("f", field)], in: folder) == nil)
  #expect(refusal(of: [], fields: [("f", field + "x")], in: folder)?.status == 413)
  let many = (0..<UploadIntake.fieldsMax).map { ("f\($0)", "") }
  #expect(refusal(of: [], fields: many, in: folder) == nil)
  #expect(refusal(of: [], fields: many + [("g", "")], in: folder)?.status == 400)
  #expect(refusal(of: [], fields: [("f", "a\nb")], in: folder)?.status == 400)
}

@Test func aLinkInThePlaceOfAnUploadIsNotFollowed() throws {
  let folder = try TestFolder()
  try folder.write("precious", to: "victim")
  try folder.write("", to: "up.part/keep")
  #expect(symlink("\(folder.path)/victim", "\(folder.path)/up.part/main.py") == 0)
  #expect(refusal(of: [("main.py", "x")], in: folder)?.status == 400)
  #expect(folder.read("victim") == "precious")
}

@Test func removingASubmissionDeletesItsLinksAndNotWhatTheyLeadTo() throws {
  let folder = try TestFolder()
  var settings = RunnerSettings()
  settings.submissionPathFormat = "\(folder.path)/subs/{id}"
  try folder.write("precious", to: "outside/victim")
  try folder.write("x", to: "subs/api-1/lib/main.py")
  #expect(symlink("\(folder.path)/outside", "\(folder.path)/subs/api-1/link") == 0)
  try folder.write("x", to: "subs/mine/main.py")
  try folder.write("x", to: "subs/api-2.part/main.py")
  let store = SubmissionStore(settings)
  store.remove(["api-1", "mine", "../outside", "api-../../outside"])
  #expect(!folder.exists("subs/api-1"))
  #expect(folder.read("outside/victim") == "precious")
  #expect(folder.exists("subs/mine/main.py"), "only uploads are the API's to delete")
  store.sweep()
  #expect(!folder.exists("subs/api-2.part"))
}
