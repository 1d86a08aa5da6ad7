// The script for other people's pages: <script src="https://chat.example/widget.js" async></script> defines
// <konstruct-chat> there. It is a classic script, so that it loads from any origin and knows its own address.
import { ChatElement } from './elements/chat-element.ts'

const script = document.currentScript
if (script instanceof HTMLScriptElement && script.src !== '') ChatElement.home = new URL('.', script.src).href
if (customElements.get('konstruct-chat') === undefined) customElements.define('konstruct-chat', ChatElement)
