export * from 'astakosclient'
