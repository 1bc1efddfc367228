import FlowRPC
import Foundation

/// Files made with the `openssl` command line, once for the suite: an authority, what it signed, and a stranger.
struct TestCertificates: Sendable {
  let folder: URL

  static let made = Result { try TestCertificates() }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("flow-etcd-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let script = """
      set -e
      ca() {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem -days 3 -subj /CN=$1
        printf "[ca]\\ndefault_ca=d\\n[d]\\ndatabase=$1.index\\nserial=$1.serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n" > $1.conf
        printf "unique_subject=no\\n[p]\\ncommonName=supplied\\n" >> $1.conf
        : > $1.index; echo 01 > $1.serial
      }
      leaf() {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj /CN=$1
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
        openssl ca -batch -config $2.conf -cert $2.pem -keyfile $2.key -in $1.csr -out $1.pem -notext -extfile san \\
          -startdate 20200101000000Z -enddate $3
      }
      ca authority; ca stranger
      leaf server authority 20490101000000Z
      leaf client authority 20490101000000Z
      leaf late authority 20210101000000Z
      leaf foreign stranger 20490101000000Z
      openssl genrsa -out token.key 2048
      openssl rsa -in token.key -pubout -out token.pem
      """
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", script]
    shell.currentDirectoryURL = folder
    (shell.standardOutput, shell.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try shell.run()
    shell.waitUntilExit()
    guard shell.terminationStatus == 0 else { throw TestEtcd.NotStarted(description: "openssl could not make the certificates") }
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func tls(trusting authority: String, showing pair: String?) throws -> ClientTLS {
    ClientTLS(
      authorities: try text(authority + ".pem"), certificateChain: try pair.map { try text($0 + ".pem") },
      privateKey: try pair.map { try text($0 + ".key") })
  }

  /// An etcd that shows one certificate, and lets in only clients with one of the authority.
  func server(_ pair: String) throws -> TestEtcd {
    try TestEtcd(flags: [
      "--cert-file=\(path(pair + ".pem"))", "--key-file=\(path(pair + ".key"))", "--client-cert-auth",
      "--trusted-ca-file=\(path("authority.pem"))",
    ])
  }
}
