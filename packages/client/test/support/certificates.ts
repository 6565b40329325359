import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  /** Of an authority that nobody knows. */
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
  /** For another name. */
  readonly elsewhere: { readonly cert: string; readonly key: string }
}

/** Made for the occasion: valid for a day, for 127.0.0.1 and localhost. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'astakos-tls-'))
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '1', '-subj', '/CN=Test CA')
    const sign = (name: string, names: string): { cert: string; key: string } => {
      writeFileSync(join(folder, 'names'), `subjectAltName=${names}`)
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names']
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...authority)
      return { cert: read(`${name}.pem`), key: read(`${name}.key`) }
    }
    return {
      ca: read('ca.pem'),
      server: sign('server', 'IP:127.0.0.1,DNS:localhost'),
      client: sign('client', 'DNS:client.example.com'),
      elsewhere: sign('elsewhere', 'DNS:elsewhere.example.com'),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
