# arn:aws:iam::222222222222:role/deploy
output "principal_arn" {
  value = provider::privatelink::principal_arn("arn:aws:sts::222222222222:assumed-role/deploy/pipeline")
}
