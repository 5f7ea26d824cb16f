// What the composer takes for granted and an engine for JavaScript alone has not.
// In Node.js the real ones stay.
globalThis.console ??= { log() {}, warn() {}, error() {} };

// URL is the parts of an absolute address, or a TypeError.
globalThis.URL ??= class {
  constructor(text) {
    const m = /^([a-z][a-z0-9+.-]*:)\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(String(text));
    if (!m || m[2] === '' && m[1] !== 'file:') throw new TypeError('Invalid URL');
    [this.href, this.protocol, this.host] = [m[0], m[1].toLowerCase(), m[2]];
    this.hostname = this.host.replace(/:\d+$/, '');
    [this.pathname, this.search, this.hash] = [m[3] || '/', m[4] ?? '', m[5] ?? ''];
    this.origin = `${this.protocol}//${this.host}`;
  }

  toString() { return this.href; }
};
