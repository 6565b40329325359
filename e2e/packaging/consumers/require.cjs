const assert = require('node:assert/strict')

const { AstakosClient, UNLIMITED } = require('astakosclient')
const { parseExact } = require('astakosclient/wire')

assert.equal(typeof new AstakosClient('token', 'https://accounts.example.com').getQuotas, 'function')
assert.deepEqual(parseExact('[9223372036854775807]'), [UNLIMITED])
console.log('required', require('astakosclient/package.json').version)
