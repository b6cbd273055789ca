// @alicloud/ecs20140526: the life of two instances, and a command.
'use strict'

const Ecs = require('@alicloud/ecs20140526')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const { assert, step, until, refusal, keys, IMAGE, TYPE, REGION } = require('./steps.js')

const client = new Ecs.default(new $OpenApiUtil.Config({ ...keys, regionId: REGION }))
let made = []

async function shown() {
  const asked = new Ecs.DescribeInstancesRequest({ regionId: REGION, instanceIds: JSON.stringify(made) })
  return (await client.describeInstances(asked)).body.instances.instance
}

const statuses = async () => [...new Set((await shown()).map((each) => each.status))].join()

async function main() {
  await step('zones are listed', async () => {
    const answer = await client.describeZones(new Ecs.DescribeZonesRequest({ regionId: REGION }))
    const zones = answer.body.zones.zone.map((each) => each.zoneId)
    assert.deepStrictEqual(zones, ['cn-hangzhou-a', 'cn-hangzhou-b'])
  })
  await step('two instances are run', async () => {
    const asked = { regionId: REGION, imageId: IMAGE, instanceType: TYPE, amount: 2, instanceName: 'node' }
    made = (await client.runInstances(new Ecs.RunInstancesRequest(asked))).body.instanceIdSets.instanceIdSet
    await until(async () => (await statuses()) === 'Running')
    assert.deepStrictEqual((await shown()).map((each) => each.instanceName), ['node', 'node'])
  })
  await step('a command runs on them', async () => {
    const asked = { regionId: REGION, type: 'RunShellScript', commandContent: 'echo hello', instanceId: made }
    const { invokeId } = (await client.runCommand(new Ecs.RunCommandRequest(asked))).body
    const listed = new Ecs.DescribeInvocationResultsRequest({ regionId: REGION, invokeId })
    await until(async () => {
      const { invocation } = (await client.describeInvocationResults(listed)).body
      const results = invocation.invocationResults.invocationResult
      return results.length === 2 && results.every((each) => each.invocationStatus === 'Success')
    })
  })
  await step('a refusal has its code', async () => {
    const unknown = new Ecs.StartInstanceRequest({ instanceId: 'i-none' })
    assert.strictEqual(await refusal(() => client.startInstance(unknown)), 'InvalidInstanceId.NotFound')
  })
  await step('they are deleted', async () => {
    for (const instanceId of made) {
      await client.deleteInstance(new Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    }
    assert.strictEqual((await shown()).length, 0)
  })
}

main()
