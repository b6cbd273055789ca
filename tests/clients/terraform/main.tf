terraform {
  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
    }
  }
}

variable "endpoint" {}

variable "name" {
  default = "web"
}

variable "amount" {
  default = 2
}

provider "alicloud" {
  access_key             = "testid"
  secret_key             = "testsecret"
  region                 = "cn-hangzhou"
  protocol               = "HTTP"
  skip_region_validation = true
  endpoints {
    ecs = var.endpoint
  }
}

data "alicloud_images" "centos" {
  name_regex = "^centos_7"
}

resource "alicloud_ecs_deployment_set" "web" {
  deployment_set_name = "web"
  description         = "the web tier"
  strategy            = "Availability"
}

resource "alicloud_security_group" "web" {
  security_group_name = "web"
  description         = "the web tier's"
  tags                = { tier = "web" }
}

resource "alicloud_instance" "web" {
  count             = var.amount
  instance_name     = var.name
  description       = "it's * & + ~ = é, 你好"
  image_id          = data.alicloud_images.centos.images[0].id
  instance_type     = "ecs.g5.large"
  security_groups   = [alicloud_security_group.web.id]
  deployment_set_id = alicloud_ecs_deployment_set.web.id
  user_data         = "#!/bin/sh\necho started"
  tags              = { tier = "web & more", name = var.name }
}

resource "alicloud_ecs_command" "deploy" {
  name            = "deploy"
  type            = "RunShellScript"
  command_content = base64encode("echo deployed")
  working_dir     = "/root"
  timeout         = 60
}

resource "alicloud_ecs_invocation" "deploy" {
  command_id  = alicloud_ecs_command.deploy.id
  instance_id = [alicloud_instance.web[0].id]
}

output "set" {
  value = alicloud_ecs_deployment_set.web.id
}

output "group" {
  value = alicloud_security_group.web.id
}

output "instances" {
  value = alicloud_instance.web[*].id
}

output "addresses" {
  value = alicloud_instance.web[*].private_ip
}

output "invocation" {
  value = alicloud_ecs_invocation.deploy.id
}
