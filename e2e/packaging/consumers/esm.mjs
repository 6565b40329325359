import assert from 'node:assert/strict'

import { AstakosClient, BadValue, parseQuantity, UNLIMITED } from 'astakosclient'
import { parseExact, UNLIMITED as sameValue } from 'astakosclient/wire'

const client = new AstakosClient('token', 'https://accounts.example.com')
assert.equal(client.authUrl, 'https://accounts.example.com')
assert.throws(() => new AstakosClient('', 'https://accounts.example.com'), BadValue)
assert.equal(parseQuantity('inf'), UNLIMITED)
assert.deepEqual(parseExact('[9223372036854775807]'), [sameValue])
await client.close()
console.log('imported')
