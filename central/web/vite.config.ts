import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Vite wants a default export. In development the API of a running central is asked by proxy, so that cookies stay same-site.
export default defineConfig({
  plugins: [react()],
  build: {
    // Control rooms run old, managed browsers; this still covers what antd 6 needs.
    target: ['chrome109', 'firefox115', 'safari16.4'],
    chunkSizeWarningLimit: 900,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: process.env['OREWATCH_API'] ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
})
