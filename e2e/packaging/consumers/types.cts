import astakosclient = require('astakosclient')

export const client: astakosclient.AstakosClient = new astakosclient.AstakosClient(
  'token',
  'https://accounts.example.com',
)
