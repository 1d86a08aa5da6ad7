// The chat page and the widget: files that were built before, the same for all tenants. The page may be framed by the
// pages that the tenant lists; it loads scripts, styles and data from here and from nowhere else.
import { join } from 'node:path'
import express, { type NextFunction, type RequestHandler, type Response } from 'express'
import { KonstructError } from '../../shared/runtime/errors.ts'
import { findTenant } from '../find-tenant.ts'
import type { AppPorts } from './create-app.ts'
import type { TenantRequest } from './api-ports.ts'

/** How long a browser may use a file without asking again. A new release is then seen within this time. */
const maxAge = '5m'

const pageFile = 'page.html'

const policy = (framers: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors 'self' ${framers.join(' ')}`.trim(),
  ].join('; ')

/** Nothing that would need decoding. */
const served = /^\/(widget\.js|favicon\.svg|assets\/[\w-]+(\.[\w-]+)*)$/

/** Any site may load the widget's files: they are public, and what they do is checked where they ask. */
export const serveStatic = (folder: string): RequestHandler => {
  const files = express.static(folder, {
    index: false,
    dotfiles: 'ignore',
    redirect: false,
    maxAge,
    setHeaders: (response) => {
      response.set({
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      })
    },
  })
  return (request, response, next) => {
    if (!served.test(request.path)) return next()
    response.removeHeader('Cache-Control')
    files(request, response, next)
  }
}

export const servePage =
  ({ directory, webchatFolder }: AppPorts) =>
  (request: TenantRequest, response: Response, next: NextFunction): void => {
    const { web, config } = findTenant(directory, request.params.tenant)
    // The page names its files from where it stands.
    if (request.path.endsWith('/')) return response.redirect(308, `../${config.tenant}`)
    response.set({
      'Content-Security-Policy': policy(web.allowedOrigins),
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
      'Cache-Control': 'no-cache',
    })
    response.sendFile(join(webchatFolder, pageFile), (thrown?: Error) => {
      if (thrown !== undefined && !response.headersSent)
        next(new KonstructError('NOT_FOUND', { message: 'The chat page was not built.', cause: thrown }))
    })
  }
