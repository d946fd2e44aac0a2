"""What the hub does on Kubernetes beyond what the chart's values say."""
