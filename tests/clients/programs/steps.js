// The steps of a program of Node: each is a line, `ok` or `no`.
'use strict'

const assert = require('assert')

const IMAGE = 'centos_7_06_64_20G_alibase_20190218.vhd'
const TYPE = 'ecs.g5.large'
const REGION = 'cn-hangzhou'
const keys = {
  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET
}

async function step(name, does) {
  try {
    await does()
    console.log(`ok ${name}`)
  } catch (error) {
    console.log(`no ${name}: ${String(error.message || error).replace(/\s+/g, ' ').slice(0, 300)}`)
  }
}

async function until(ready) {
  for (let n = 0; n < 300; n++) {
    if (await ready()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  assert.fail('it did not become so')
}

async function refusal(call) {
  try {
    await call()
  } catch (error) {
    return error.code
  }
  return 'none'
}

module.exports = { assert, step, until, refusal, keys, IMAGE, TYPE, REGION }
