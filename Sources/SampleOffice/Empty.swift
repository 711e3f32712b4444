// SampleOffice
