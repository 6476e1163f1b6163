// Loaded before the service: schemathesis makes webhooks to hosts of its own invention, and nothing is to leave this
// machine.
const dns = require('node:dns');
const net = require('node:net');

const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const lookup = dns.lookup;

dns.lookup = (hostname, options, callback) => {
  const done = typeof options === 'function' ? options : callback;
  if (LOCAL.test(hostname)) return lookup(hostname, options, callback);
  const error = Object.assign(new Error(`Not looked up here: ${hostname}`), { code: 'ENOTFOUND' });
  return process.nextTick(done, error);
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const { host } = options ?? {};
  if (typeof host === 'string' && net.isIP(host) !== 0 && !LOCAL.test(host)) {
    process.nextTick(() => this.destroy(Object.assign(new Error('Not called here'), { code: 'EHOSTUNREACH' })));
    return this;
  }
  return connect.apply(this, args);
};
