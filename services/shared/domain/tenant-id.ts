// A tenant's id is the name of its Tenant resource: a DNS label of at most 40 characters, so it can hold no `:`,
// no `*` and no `{`, and fits into Kafka keys, Redis keys and metric labels as it is.

const pattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

export const isTenantId = (text: string): boolean => pattern.test(text)
