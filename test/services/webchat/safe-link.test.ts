import assert from 'node:assert/strict'
import { safeLink } from '../../../services/webchat/safe-link.ts'

describe('a safe link', () => {
  const refused = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>1</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://example.com/',
    'blob:https://example.com/1',
    '//example.com',
    '/relative',
    '#here',
    '',
    'https://bank.example@evil.example/',
    'https://user:pass@evil.example/',
    'http://',
    'mailto:',
    'tel:+123',
    'sms:+123',
    'ms-msdt:/id',
  ]
  for (const address of refused)
    it(`is not ${JSON.stringify(address)}`, () => assert.equal(safeLink(address, 'text'), null))

  const told: readonly [address: string, text: string, host: string | null][] = [
    ['https://docs.example/a?b=c', 'our guide', 'docs.example'],
    ['https://evil.example/', 'https://bank.example/', 'evil.example'],
    ['https://evil.example:8443/x', 'here', 'evil.example:8443'],
    ['https://docs.example/a', 'https://docs.example/a', null],
    ['https://docs.example/', 'https://docs.example', null],
    ['https://аpple.com/', 'https://аpple.com/', 'xn--pple-43d.com'],
    ['mailto:help@acme.example', 'help@acme.example', null],
    ['mailto:help@acme.example', 'support', 'help@acme.example'],
  ]
  for (const [address, text, host] of told)
    it(`tells ${host ?? 'nothing more'} beside ${JSON.stringify(text)}`, () =>
      assert.equal(safeLink(address, text)?.host, host))
})
