import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import vue from '@vitejs/plugin-vue'

// The digest of everything that dist is made of: go test ./web sees by it, without
// Node, whether dist is older than its sources.
const inputs = ['.npmrc', 'index.html', 'operations', 'package-lock.json', 'package.json', 'src', 'tools', 'tsconfig.json', 'vite.config.ts']
const walk = (p: string): string[] => (statSync(p).isDirectory() ? readdirSync(p).flatMap((n) => walk(`${p}/${n}`)) : [p])
const digest = () => {
  const h = createHash('sha256')
  for (const f of inputs.flatMap(walk).sort()) h.update(`${f}\0`).update(readFileSync(f)).update('\0')
  return h.digest('hex')
}
const stamp: Plugin = { name: 'stamp', writeBundle: (o) => writeFileSync(`${o.dir}/inputs.sha256`, digest() + '\n') }

export default defineConfig({
  base: './',
  plugins: [vue(), stamp],
  server: { host: '127.0.0.1', proxy: Object.fromEntries(['/graphql', '/dev', '/sheets', '/receipts', '/me'].map((p) => [p, 'http://127.0.0.1:8080'])) },
  build: {
    outDir: '../dist', emptyOutDir: true, target: ['chrome87', 'safari14', 'firefox78'], modulePreload: { polyfill: false },
    rolldownOptions: { output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name].js', assetFileNames: 'assets/[name][extname]' } }
  }
})
