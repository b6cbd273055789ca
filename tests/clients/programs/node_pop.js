// @alicloud/pop-core: a deployment set and its instance, and who calls.
'use strict'

const Core = require('@alicloud/pop-core')
const { assert, step, until, refusal, keys, IMAGE, TYPE, REGION } = require('./steps.js')

// It has no list of endpoints: these are the cloud's own.
const ecs = new Core({ ...keys, endpoint: `https://ecs.${REGION}.aliyuncs.com`, apiVersion: '2014-05-26' })
const sts = new Core({ ...keys, endpoint: 'https://sts.aliyuncs.com', apiVersion: '2015-04-01' })
const call = (action, asked) => ecs.request(action, { RegionId: REGION, ...asked }, { method: 'POST' })
let group, instance

async function main() {
  await step('who calls is told', async () => {
    const answer = await sts.request('GetCallerIdentity', {}, { method: 'POST' })
    assert.match(answer.AccountId, /^\d{16}$/)
  })
  await step('a deployment set is made', async () => {
    group = (await call('CreateDeploymentSet', { DeploymentSetName: 'web' })).DeploymentSetId
    const listed = await call('DescribeDeploymentSets', { DeploymentSetIds: JSON.stringify([group]) })
    assert.deepStrictEqual(listed.DeploymentSets.DeploymentSet.map((each) => each.DeploymentSetName), ['web'])
  })
  await step('an instance is run in it', async () => {
    const asked = { ImageId: IMAGE, InstanceType: TYPE, Amount: 1, DeploymentSetId: group }
    instance = (await call('RunInstances', asked)).InstanceIdSets.InstanceIdSet[0]
    const listing = { InstanceIds: JSON.stringify([instance]) }
    await until(async () => (await call('DescribeInstances', listing)).Instances.Instance[0].Status === 'Running')
  })
  await step('a set that has members stays', async () => {
    const code = await refusal(() => call('DeleteDeploymentSet', { DeploymentSetId: group }))
    assert.strictEqual(code, 'DependencyViolation.NotEmpty')
  })
  await step('both are deleted', async () => {
    await call('DeleteInstance', { InstanceId: instance, Force: true })
    await call('DeleteDeploymentSet', { DeploymentSetId: group })
    assert.strictEqual((await call('DescribeDeploymentSets', {})).TotalCount, 0)
  })
}

main()
