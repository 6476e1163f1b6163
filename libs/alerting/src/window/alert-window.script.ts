import { BUCKET_MS, COOL_DOWN_MS, ESCALATION_FACTOR, WINDOW_MS } from './alert-rules';

/**
 * The rules of `alert-rules.ts` as one atomic script: the call that crosses the threshold is told so, and no other.
 *
 * KEYS[1] is the prefix of every key (one hash slot, by its braces); ARGV[1] is a `ScriptRequest` as JSON.
 * Answers a JSON array of `ScriptAnswer`, or the word `forgotten`.
 *
 * A process numbers its requests and the answer to the latest one is kept: a request whose answer was lost on the way
 * is sent again under its number and neither counted twice nor decided twice. A process that has asked before and is
 * not known any more is told `forgotten`: Redis has lost its memory and wants the whole of what the process knows.
 *
 * Keys: `:window:<type>` (hash, at most 241 buckets and six numbers), `:open` (set of types with an open alert),
 * `:replica:<id>` (hash, the latest answer). All of them expire.
 */
export const ALERT_WINDOW_SCRIPT = `
local BUCKET, WINDOW, COOL_DOWN, FACTOR = ${BUCKET_MS}, ${WINDOW_MS}, ${COOL_DOWN_MS}, ${ESCALATION_FACTOR}
local REPLICA_TTL, OPEN_TTL, CLOSED_TTL = 2 * WINDOW, 7 * 24 * WINDOW, WINDOW + 2 * BUCKET
local prefix, request = KEYS[1], cjson.decode(ARGV[1])
local now = request.now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local replica = prefix .. ':replica:' .. request.replica
local seen = tonumber(redis.call('HGET', replica, 'sequence') or 0)
-- Later than expected on a connection that froze, a request must not count a second time either.
if seen >= request.sequence then return redis.call('HGET', replica, 'answer') end
if seen == 0 and request.sequence > 1 and not request.whole then return 'forgotten' end

local openKey = prefix .. ':open'
local oldest = math.floor(now / BUCKET) - WINDOW / BUCKET
local function whole(number) return string.format('%.0f', number) end

local function advance(errorType, report)
  local key = prefix .. ':window:' .. errorType
  local buckets, state = {}, { first = 0, last = 0, incident = 0, alertedAt = 0, escalatedAt = 0, open = 0 }
  local stored = redis.call('HGETALL', key)
  for index = 1, #stored, 2 do
    local field, value = stored[index], tonumber(stored[index + 1])
    if state[field] then state[field] = value else buckets[tonumber(field)] = value end
  end

  local fresh = 0
  for _, entry in ipairs(report.counts) do
    local at, count = now - entry[1], entry[2]
    local bucket = math.floor(at / BUCKET)
    if bucket >= oldest then
      buckets[bucket] = (buckets[bucket] or 0) + count
      redis.call('HSET', key, whole(bucket), whole(buckets[bucket]))
      if state.first == 0 or at < state.first then state.first = at end
      if at > state.last then state.last = at end
      fresh = fresh + count
    end
  end
  state.incident = state.incident + fresh
  if report.alertedAgeMs then state.alertedAt = math.max(state.alertedAt, now - report.alertedAgeMs) end
  if report.escalatedAgeMs then state.escalatedAt = math.max(state.escalatedAt, now - report.escalatedAgeMs) end
  if report.open then state.open = 1 end

  local total = 0
  for bucket, count in pairs(buckets) do
    if bucket < oldest then redis.call('HDEL', key, whole(bucket)) else total = total + count end
  end

  local outcomes = {}
  if total > 0 and fresh > 0 and total >= report.threshold then
    if state.alertedAt == 0 or now - state.alertedAt >= COOL_DOWN then
      table.insert(outcomes, state.open == 1 and 'reminder' or 'alert')
      state.alertedAt, state.open = now, 1
    end
    local mayEscalate = state.escalatedAt == 0 or now - state.escalatedAt >= WINDOW
    if state.open == 1 and mayEscalate and total >= report.threshold * FACTOR then
      table.insert(outcomes, 'escalation')
      state.escalatedAt, state.alertedAt = now, now
    end
  end
  if total == 0 and state.open == 1 then table.insert(outcomes, 'resolved') end

  local answer = {
    errorType = errorType, outcomes = table.concat(outcomes, ','), count = total, incident = state.incident,
    firstAgeMs = now - state.first, lastAgeMs = now - state.last, open = total > 0 and state.open == 1,
  }
  if total == 0 then
    redis.call('DEL', key)
    redis.call('SREM', openKey, errorType)
    return answer
  end
  if state.alertedAt > 0 then answer.alertedAgeMs = now - state.alertedAt end
  if state.escalatedAt > 0 then answer.escalatedAgeMs = now - state.escalatedAt end
  for field, value in pairs(state) do redis.call('HSET', key, field, whole(value)) end
  redis.call('PEXPIRE', key, state.open == 1 and OPEN_TTL or CLOSED_TTL)
  if state.open == 1 then
    redis.call('SADD', openKey, errorType)
    redis.call('PEXPIRE', openKey, OPEN_TTL)
  end
  return answer
end

local answers, reported = {}, {}
for _, report in ipairs(request.reports) do
  reported[report.errorType] = true
  table.insert(answers, advance(report.errorType, report))
end
for _, errorType in ipairs(redis.call('SMEMBERS', openKey)) do
  if not reported[errorType] then table.insert(answers, advance(errorType, { counts = {} })) end
end

local answer = #answers == 0 and '[]' or cjson.encode(answers)
redis.call('HSET', replica, 'sequence', whole(request.sequence), 'answer', answer)
redis.call('PEXPIRE', replica, REPLICA_TTL)
return answer
`;
