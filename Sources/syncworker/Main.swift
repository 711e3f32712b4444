import Configuration
import ArgumentParser
@main struct Main: ParsableCommand { func run() {} }
