{{- define "buunstack.labels" -}}
app.kubernetes.io/name: buunstack
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: jupyterhub
buunstack/stack: {{ .Values.stack | quote }}
{{- end }}
