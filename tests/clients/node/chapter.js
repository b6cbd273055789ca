// Lives through the chapter with both Node clients, unmodified; prints what was seen as one JSON object.
'use strict'

const Ecs = require('@alicloud/ecs20140526')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const Core = require('@alicloud/pop-core')

const [address, imageId, instanceType] = process.argv.slice(2)
const regionId = 'cn-hangzhou'
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function withEcs(signatureAlgorithm) {
  const config = new $OpenApiUtil.Config({
    accessKeyId: 'testid', accessKeySecret: 'testsecret', endpoint: address, protocol: 'http', regionId
  })
  if (signatureAlgorithm) config.signatureAlgorithm = signatureAlgorithm
  const client = new Ecs.default(config)
  const run = new Ecs.RunInstancesRequest({ regionId, imageId, instanceType, amount: 2, description: "it's * & + ~" })
  const ids = (await client.runInstances(run)).body.instanceIdSets.instanceIdSet
  let shown = []
  for (let n = 0; n < 50 && !(shown.length === 2 && shown.every((each) => each.status === 'Running')); n++) {
    await sleep(100)
    const asked = new Ecs.DescribeInstancesRequest({ regionId, instanceIds: JSON.stringify(ids) })
    shown = (await client.describeInstances(asked)).body.instances.instance
  }
  let refused
  try {
    await client.startInstance(new Ecs.StartInstanceRequest({ instanceId: ids[0] }))
  } catch (error) {
    refused = error.code
  }
  for (const instanceId of ids) await client.deleteInstance(new Ecs.DeleteInstanceRequest({ instanceId, force: true }))
  return { statuses: shown.map((each) => each.status), descriptions: shown.map((each) => each.description), refused }
}

async function withPop(method) {
  const client = new Core({
    accessKeyId: 'testid', accessKeySecret: 'testsecret', endpoint: `http://${address}`, apiVersion: '2014-05-26'
  })
  const made = await client.request('CreateDeploymentSet', { RegionId: regionId, DeploymentSetName: 'web' }, { method })
  const listed = await client.request('DescribeDeploymentSets', { RegionId: regionId }, { method })
  await client.request('DeleteDeploymentSet', { RegionId: regionId, DeploymentSetId: made.DeploymentSetId }, { method })
  let refused
  try {
    await client.request('DeleteDeploymentSet', { RegionId: regionId, DeploymentSetId: made.DeploymentSetId }, { method })
  } catch (error) {
    refused = error.code
  }
  return { names: listed.DeploymentSets.DeploymentSet.map((each) => each.DeploymentSetName), refused }
}

async function main() {
  const seen = { v3: await withEcs(), v1: await withEcs('v2'), get: await withPop('GET'), post: await withPop('POST') }
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
