{{- /*
  mofang.checkLogin    refuses an installation without a log-in that keeps people apart,
                       unless that is accepted
  mofang.checkNames    refuses names that the schema allows and nobody could use, where
                       helm's words for a schema would not say which value is meant
  mofang.checkNotices  refuses notices without the Secret that they need, or mail without
                       a sender
*/ -}}

{{- define "mofang.checkLogin" -}}
{{- if not .Values.auth.method -}}
{{- fail "auth.method says how people log in, and nothing is chosen: set it to oauth with auth.oauth for an identity provider, or for a trial to shared-password with auth.sharedPassword.acceptNoIsolation: true." -}}
{{- end -}}
{{- if and (eq .Values.auth.method "shared-password") (not .Values.auth.sharedPassword.acceptNoIsolation) -}}
{{- fail "With auth.method: shared-password anybody who knows the password is any user: nothing keeps one person's files, jobs and shells from another. Use oauth, or accept that by auth.sharedPassword.acceptNoIsolation: true." -}}
{{- end -}}
{{- end -}}

{{- define "mofang.checkNames" -}}
{{- range $name, $_ := .Values.singleuser.extraEnv -}}
{{- if regexMatch "^(MOFANG|JUPYTERHUB|JPY)_" $name -}}
{{- fail (printf "singleuser.extraEnv.%s is set by Mofang: variables of yours begin with none of MOFANG_, JUPYTERHUB_ and JPY_." $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.singleuser.extraLabels -}}
{{- if regexMatch "^(app|component)$|^(mofang[.]dev|hub[.]jupyter[.]org|app[.]kubernetes[.]io)/" $name -}}
{{- fail (printf "singleuser.extraLabels has the label %s, by which Mofang or KubeSpawner finds servers: use another." $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.hub.config -}}
{{- if not (regexMatch "^[A-Z]" $name) -}}
{{- fail (printf "hub.config.%s is not the name of a class, such as JupyterHub: those begin with a capital letter." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mofang.checkNotices" -}}
{{- $notices := .Values.jobs.notices -}}
{{- if and (or $notices.webhooks $notices.mail.username) (not $notices.existingSecret) -}}
{{- fail "jobs.notices has webhooks or a log-in for mail, and no Secret with their addresses and its password: name one in jobs.notices.existingSecret." -}}
{{- end -}}
{{- if and $notices.mail.host (not (contains "@" $notices.mail.sender)) -}}
{{- fail "jobs.notices.mail has a host and no sender: put the address that mails come from into jobs.notices.mail.sender." -}}
{{- end -}}
{{- end -}}
