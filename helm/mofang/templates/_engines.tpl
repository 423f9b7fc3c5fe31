{{- /* Rules for the objects of jobs. Written by `make rights` from what
hub/mofang_jobs/engines declares; do not edit. */ -}}
{{- define "mofang.engines.watch" -}}
- apiGroups: [kubeflow.org]
  resources: [pytorchjobs, tfjobs, mpijobs, xgboostjobs]
  verbs: [list, watch]
- apiGroups: [trainer.kubeflow.org]
  resources: [trainjobs, trainingruntimes]
  verbs: [list, watch]
- apiGroups: [jobset.x-k8s.io]
  resources: [jobsets]
  verbs: [list, watch]
- apiGroups: [ray.io]
  resources: [rayjobs]
  verbs: [list, watch]
{{- end }}
{{- define "mofang.engines.project" -}}
- apiGroups: [kubeflow.org]
  resources: [pytorchjobs, tfjobs, mpijobs, xgboostjobs]
  verbs: [get, create, patch, delete]
- apiGroups: [trainer.kubeflow.org]
  resources: [trainjobs, trainingruntimes]
  verbs: [get, create, patch, delete]
- apiGroups: [jobset.x-k8s.io]
  resources: [jobsets]
  verbs: [get, create, patch, delete]
- apiGroups: [ray.io]
  resources: [rayjobs]
  verbs: [get, create, patch, delete]
{{- end }}
{{- define "mofang.engines.reconciler" -}}
- apiGroups: [kubeflow.org]
  resources: [pytorchjobs, tfjobs, mpijobs, xgboostjobs]
  verbs: [list]
- apiGroups: [trainer.kubeflow.org]
  resources: [trainjobs]
  verbs: [list]
- apiGroups: [jobset.x-k8s.io]
  resources: [jobsets]
  verbs: [list]
- apiGroups: [ray.io]
  resources: [rayjobs]
  verbs: [list]
{{- end }}
