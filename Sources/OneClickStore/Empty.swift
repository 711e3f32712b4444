// OneClickStore
