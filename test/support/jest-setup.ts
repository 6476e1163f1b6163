// Decorator metadata must be there before any Nest class is loaded.
import 'reflect-metadata';
